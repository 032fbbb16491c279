"""Messages to the values of the core and back, without logic. What a message holds is checked when the value is made.

Times go through the node (`seconds`, `stamp`), which knows its clock; here they are plain seconds.
"""
