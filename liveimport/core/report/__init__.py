"""What people read: the sentences, and the forms they are shown in."""
