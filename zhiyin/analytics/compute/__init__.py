"""From a tenant's warehouse to what is known of its customers; reads only, writes nothing."""
