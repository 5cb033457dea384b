"""The actions, one file each: `<provider>/<resource>_<verb>.py`."""
