"""gMVP as an ONNX file: `forms` are what is exported, `exporting` makes a file, `checking` runs it.

Outside of this package nothing needs onnx, onnxscript or onnxruntime.
"""
