"""What if the choices were others: the same module on a page and as a widget in JupyterLab."""
