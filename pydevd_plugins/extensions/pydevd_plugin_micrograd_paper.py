"""How a Value is opened in VS Code and PyCharm: its operands, each with the local derivative, its number, its gradient.

Their debuggers, debugpy and pydevd, load this file by its name and place. The folder has no `__init__`: it adds to
their package of this name, and is nothing where they are not.
"""

from _pydevd_bundle.pydevd_extension_api import TypeResolveProvider

MOST = 200  # operands that are listed
OWN = ("data", "grad", "label", "op", "origin")


class ValueResolver(TypeResolveProvider):
    def can_provide(self, type_object, type_name):
        return type_object.__name__ == "Value" and type_object.__module__ == "micrograd_paper.engine"

    def get_contents_debug_adapter_protocol(self, value, fmt=None):
        """(what is shown, its value, the expression after the Value's) of each child, in this order."""
        edges = zip(value.operands[:MOST], value.partials[:MOST])
        found = [(f"operand {i} × {partial!r}", operand, f".operands[{i}]")
                 for i, (operand, partial) in enumerate(edges)]
        more = len(value.operands) - MOST
        found += [("…", f"{more:,} more in .operands", None)] if more > 0 else []
        return [*found, *[(name, getattr(value, name), f".{name}") for name in OWN]]

    def get_dictionary(self, value):
        return {name: child for name, child, _ in self.get_contents_debug_adapter_protocol(value)}

    def resolve(self, value, name):
        return self.get_dictionary(value)[name]
