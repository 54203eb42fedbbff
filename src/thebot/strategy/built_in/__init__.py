"""The strategies that come with THEBOT. Each is one function that says it in expressions."""
