"""What a story leaves for people: one page that needs no network and no script.

`page` has what a report is made of and writes it; `charts` draws plots of it, `diagram` the architecture.
"""
