"""Classes, properties and concept schemes: as they are declared, and as the data uses them."""
