"""``mlref demo``: the main job told once, from events to a model that is replaced when the world has changed."""

from cli.demo.command import demo

__all__ = ["demo"]
