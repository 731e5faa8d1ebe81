"""How processes end, and what they leave: nothing.

`kept`: children that end with all they have started, when told to or when their parent is gone, however it went.
"""
