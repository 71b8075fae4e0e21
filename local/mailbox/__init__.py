"""The mailbox: every mail that the embedded SES accepted, to be read in a browser."""
