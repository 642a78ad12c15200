// Installs what is missing, then builds. Written out in the next commit.
