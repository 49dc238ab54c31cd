"""The session: the one mutable State, and who may change it when."""
