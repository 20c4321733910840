"""How texts are read at work: which engine the settings name, its models, and where their vectors are kept."""
