"""The papers of a meeting (材料): .docx files from templates that a community may replace by its own."""
