"""The file craft: the bytes of attachments, what they are, and the names they leave under."""
