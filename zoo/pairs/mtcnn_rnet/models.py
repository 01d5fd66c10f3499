"""MTCNN's R-Net: mtcnn against facenet-pytorch, both with the weights that they ship."""

from mtcnn.network.rnet import RNet as Reference
from mtcnn.utils.tensorflow import load_weights

from zoo.absent import stand_in

stand_in("torchvision")

from facenet_pytorch import RNet  # noqa: E402


def reference() -> Reference:
    model = Reference()
    model.build()
    model.set_weights(load_weights("rnet.lz4"))
    return model


def candidate() -> RNet:
    return RNet()
