"""Taking over what the portal made: from maintenance configurations that are there to the stack file that adopts them.

`rows` reads what users can get of Azure, `found` is what that says, `stack_config` puts it into a stack file's words,
`yaml_text` writes them. `adopt` is all of it, for the command line.
"""

from patching.takeover.adopt import StackFileText, adopt

__all__ = ["StackFileText", "adopt"]
