"""From first interest to a won deal: opportunities on their pipelines."""
