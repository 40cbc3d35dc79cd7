"""What a channel's tool sends back: a pressed button, an acknowledgement made there. One small file per tool."""
