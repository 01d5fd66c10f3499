"""ONNX: the exported form of a layer, and its run in onnxruntime."""
