"""What all steps share: values, times, identifiers, errors. Imports nothing else of ours."""
