"""What users receive: immutable, exact, with the unit in the name of a time. Field for field as the exchange has it.

Prices, sizes, rates and money are `Decimal`; a field that the exchange left out or sent as null is `None`.
"""
