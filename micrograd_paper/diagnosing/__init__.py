"""Which mistake gives somebody's gradients: `diagnosis.diagnose`."""
