"""Pictures of flows: what leads where, for people who don't read YAML.

`chart` says what a picture shows, `page` which ways are lines, `layout` where all
stands; `svg`, `mermaid`, `dot` and `html` write it down.
"""
