"""The answer page behind a notice's link: for a phone, without login and without script."""
