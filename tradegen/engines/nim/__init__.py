"""The NIM engine: generator, judge and refiner as language models on NVIDIA NIM."""
