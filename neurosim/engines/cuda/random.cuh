// Random words and normal numbers: the bits of neurosim.core.rng, with the counters of kernels/reference/words.py.
// Salmon et al. (2011), section 3 (Philox 4x32-10); Wichura (1988), algorithm AS 241 (normal quantile).

struct Words {
    unsigned int w[4];
};

__device__ __forceinline__ Words philox(unsigned int c0, unsigned int c1, unsigned int c2, unsigned int c3,
                                        unsigned int k0, unsigned int k1)
{
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        const unsigned long long p0 = 0xD2511F53ull * c0, p1 = 0xCD9E8D57ull * c2;
        c0 = (unsigned int)(p1 >> 32) ^ c1 ^ k0;
        c2 = (unsigned int)(p0 >> 32) ^ c3 ^ k1;
        c1 = (unsigned int)p1;
        c3 = (unsigned int)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return Words{{c0, c1, c2, c3}};
}

// The word of neuron k: word w of lane l of a block of 128 belongs to its neuron 32 w + l.
__device__ __forceinline__ unsigned int neuron_word(const Network &net, long long k, long long step, long long stream,
                                                    int sample)
{
    const unsigned int lane = (unsigned int)(k / 128 * 32 + k % 32);
    const Words words =
        philox(lane, (unsigned int)step, (unsigned int)stream, (unsigned int)sample, (unsigned int)net.key_low,
               (unsigned int)net.key_high);
    const int which = (int)(k % 128 / 32);
    return which < 2 ? (which == 0 ? words.w[0] : words.w[1]) : (which == 2 ? words.w[2] : words.w[3]);
}

__device__ __forceinline__ double polynomial(const double *coefficients, double x)
{
    double value = 0.0;
#pragma unroll
    for (int k = 7; k >= 0; --k)
        value = value * x + coefficients[k];
    return value;
}

// ln 2 comes in two parts, the first exact under multiplication by any exponent.
__device__ inline double portable_log(double x)
{
    int e;
    double m = frexp(x, &e);
    if (m < 0.7071067811865476) {
        m = 2.0 * m;
        e = e - 1;
    }
    const double s = (m - 1.0) / (m + 1.0), s2 = s * s, exponent = (double)e;
    double series = 0.0;
#pragma unroll
    for (int k = 23; k > 1; k -= 2)
        series = (series + 1.0 / k) * s2;
    return exponent * 6.93147180369123816490e-01 + (2.0 * s + (2.0 * s * series + exponent * 1.90821492927058770002e-10));
}

__device__ inline double normal_quantile(double p)
{
    const double q = p - 0.5;
    if (fabs(q) <= 0.425) {
        const double x = 0.180625 - q * q;
        return q * (polynomial(CENTRE_ABOVE, x) / polynomial(CENTRE_BELOW, x));
    }
    const double r = sqrt(-portable_log(q < 0.0 ? p : 1.0 - p));
    const double tail = r <= 5.0 ? polynomial(TAIL_ABOVE, r - 1.6) / polynomial(TAIL_BELOW, r - 1.6)
                                 : polynomial(FAR_TAIL_ABOVE, r - 5.0) / polynomial(FAR_TAIL_BELOW, r - 5.0);
    return q < 0.0 ? -tail : tail;
}

__device__ __forceinline__ double normal_of(unsigned int word)
{
    return normal_quantile(((double)word + 0.5) * 2.3283064365386963e-10);  // 2^-32
}
