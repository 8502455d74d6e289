"""The Pulumi programs that are measured: this project's components, and what they are compared to.

Each module has a `main`, which `bench.stacks` makes a Pulumi project of. What there is to declare comes from
`bench.estates`, and how much of it from the stack's configuration.
"""
