"""The thaw service: brings a Premium user's archived results back."""
