"""Dovecot, Cyrus and Courier, each as source and as destination."""
