"""Files that people begin with: a commented target profile, later whole contracts."""
