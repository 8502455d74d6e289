"""What Event Grid does between the resources: who is told of an event, what is sent, and what became of it."""
