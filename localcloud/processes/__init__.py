"""How processes see the machine, how they end, and what they leave: nothing.

`kept`: children that end with all they have started, when told to or when their parent is gone, however it went.
`isolation`: whether this machine lets a process have folders of its own at other paths, and the command that does it.
"""
