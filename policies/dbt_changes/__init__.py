"""What the dbt gate needs to ask its question: dbt's own artefacts, read and compared."""
