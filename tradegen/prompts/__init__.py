"""The words that models read, as files; `engines.nim.prompting` renders them."""
