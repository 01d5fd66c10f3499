from tf_keras import layers


class SqueezeExcite(layers.Layer):
    def __init__(self, channels=8, reduced=8):
        super().__init__()
        self.pool = layers.GlobalAveragePooling2D()
        self.squeeze = layers.Dense(reduced, activation="relu")
        self.excite = layers.Dense(channels, activation="hard_sigmoid")

    def call(self, image):
        weights = self.excite(self.squeeze(self.pool(image)))
        return image * weights[:, None, None, :]
