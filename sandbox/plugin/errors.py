"""What can go wrong in this plugin, in words for the engine to show."""


class PluginError(Exception):
    """A call that cannot be answered; its text is what the engine shows, where possible in the real plugin's words."""


class CancelledError(PluginError):
    """The engine has asked the plugin to stop."""

    def __init__(self) -> None:
        super().__init__("the operation was cancelled")


class ArmError(PluginError):
    """An answer of ARM that is an error: the HTTP status and, where its body names them, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        """Word it as azure-native does (`provider/pkg/azure/client_azcore.go`)."""
        code_part = f' Code="{code}"' if code else ""
        super().__init__(f'Status={status}{code_part} Message="{message}"')
        self.status = status
        self.code = code


class UnfinishedError(PluginError):
    """A PUT that ARM accepted and then did not finish: the resource exists, in whatever state it is."""
