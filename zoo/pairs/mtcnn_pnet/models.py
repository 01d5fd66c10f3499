"""MTCNN's P-Net: mtcnn against facenet-pytorch, both with the weights that they ship."""

from mtcnn.network.pnet import PNet as Reference
from mtcnn.utils.tensorflow import load_weights

from zoo.absent import stand_in

stand_in("torchvision")

from facenet_pytorch import PNet  # noqa: E402


def reference() -> Reference:
    model = Reference()
    model.build()
    model.set_weights(load_weights("pnet.lz4"))
    return model


def candidate() -> PNet:
    return PNet()
