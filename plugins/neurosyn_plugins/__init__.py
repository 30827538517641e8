"""The plugins that ship with neurosyn, registered through the same entry points as anyone's."""
