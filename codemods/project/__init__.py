"""What we know of the user's project: files, modules, models, relations, configs, versions."""
