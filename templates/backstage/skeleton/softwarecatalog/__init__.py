"""A company's software catalog: read, judged, shown a page a service; and its React template."""
