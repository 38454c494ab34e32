using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Tensors.Tests.RandomNumbers;

public sealed class PhiloxTests
{
    // Known answers of the authors' Random123 library for philox4x32-10: counter, key, result, word 0 first.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Blocks_are_the_published_known_answers(uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint r0, uint r1, uint r2, uint r3)
    {
        var (low, high) = Philox.Block(c0 | ((ulong)c1 << 32), c2 | ((ulong)c3 << 32), k0 | ((ulong)k1 << 32));
        Assert.Equal(r0 | ((ulong)r1 << 32), low);
        Assert.Equal(r2 | ((ulong)r3 << 32), high);
    }

    [Theory]
    [InlineData(0ul, 0ul, 0ul)]
    [InlineData(0x85a308d3_243f6a88ul, 0x03707344_13198a2eul, 0x299f31d0_a4093822ul)]
    [InlineData(0x00000001_fffffff8ul, 7ul, ulong.MaxValue)]
    public void Eight_blocks_are_eight_times_one_block(ulong low, ulong high, ulong key)
    {
        var (first, second) = Philox.EightBlocks(low, high, key);
        for (var i = 0; i < 8; i++)
        {
            var (a, b) = Philox.Block(low + (ulong)i, high, key);
            Assert.Equal(ulong.RotateLeft(a, 32), first[i]);
            Assert.Equal(ulong.RotateLeft(b, 32), second[i]);
        }
    }
}
