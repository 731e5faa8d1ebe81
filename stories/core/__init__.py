"""The main job told once, from events to a model that is replaced when the world has changed."""
