package io.weir.codec.merge;

/** RoaringBitmaps of 32-bit and of 64-bit numbers. */
public enum BitmapKind {
    RBM32,
    RBM64
}
