"""The terminal debugger for backward passes: `debugger.debug`."""
