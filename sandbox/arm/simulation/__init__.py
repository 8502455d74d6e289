"""What time does to machines: updates appear, maintenance configurations fire, machines are assessed every day."""

# The providers act through the simulation and it on their resources: they are loaded first, wherever one begins.
import sandbox.arm.providers  # noqa: F401 # pyright: ignore[reportUnusedImport]
