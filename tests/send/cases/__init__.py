"""How each kind of channel passes the shared contract, one file each: ``contract.Case``."""
