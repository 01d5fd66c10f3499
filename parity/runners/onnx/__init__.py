"""ONNX models: what is exported, and running it in onnxruntime."""
