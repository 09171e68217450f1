// Package derive makes steering vectors for any model that tiller loads.
//
//	Mean    mean of positive minus mean of negative activations (Turner et al. 2023,
//	        arXiv 2308.10248; Rimsky et al. 2024, arXiv 2312.06681)
//	PCA     first principal direction of the pairs' differences (Zou et al. 2023,
//	        arXiv 2310.01405; "pca_center" of repeng)
//	Probe   weights of a logistic regression that tells the classes apart
//	Models  activations of one model minus those of another on the same texts
//	Train   gradient descent through the frozen model towards target texts
//	        (Subramani et al. 2022, arXiv 2205.05124)
//
// All but Train reduce each text to one row per layer, the mean of the residual
// stream over the positions that a selector chooses, and every text weighs the
// same. Layer L is the stream right after block L, -1 the one before block 0.
//
// Beside the vector they report, for each layer, how well it separates texts
// that it was not made from. A result is the same on every machine that takes
// the same kernel path, whatever the number of threads.
package derive
