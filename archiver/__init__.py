"""The archiver: moves the results of Free users to cold storage when their time is over."""
