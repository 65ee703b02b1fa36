"""The dataset and the service described as data: VoID, DCAT 3, SPARQL 1.1 Service Description."""
