using System.Net;

namespace IrohMoq.Reactive.Tests.Endpoints;

/// <summary>Keys, ids, signatures and tickets as a real iroh endpoint (the npm package @number0/iroh 1.1.0) prints them.</summary>
internal sealed record IrohVector(
    string Name, string Secret, string Id, string Short, string Base32, string TlsName, string SignatureOfHello, TicketVector[] Tickets)
{
    public static IReadOnlyList<IrohVector> All { get; } =
    [
        new(
            "V1",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
            "3b6a27bcce",
            "hnvcppgow2sc2yvdvdicu3ynonsteflxdxrehjr2ybekdc2z3iuq",
            "7dl2ff6emqi2qol3l382krodedij45bn3nh479hqo14a32qpr8kg.iroh.invalid",
            "e25c8723d039fe8f45d6c9d6a8917fa91bc754913cd596fd358a493a21a3cb590a6537babc7df0400ab61a05589c9c36b65a143878cb0341"
                + "d4e9e48419c4370d",
            [
                new("T0", "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaa",
                    "003b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2900"),
                new("T1", "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaibab7qaaab2era",
                    "003b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da290101007f000001d122"),
                new("T2", "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaqbadakqaih777qgaibeaaq3oaaaaaaaaaaaaaaaaaaag5qg",
                    "003b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29020100c0a80107ffff03010120010db800000000000000"
                        + "0000000001bb03"),
                new("TR", "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsaiadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss433sm4xq",
                    "003b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2901001a68747470733a2f2f72656c61792e6578616d706c"
                        + "652e6f72672f"),
                new("TR2", "endpointaa5wuj54z23killcuounaktpbvzwkmqvo4o6eq5ghlaerimllhncsayaenuhi5dqom5c6l3vonstcljrfzzgk3dbpexg"
                    + "4mbonfzg62bonruw42zof4aqacqaaaaqcaiap4aaaaorei",
                    "003b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da2903002368747470733a2f2f757365312d312e72656c6179"
                        + "2e6e302e69726f682e6c696e6b2e2f01000a0000010101007f000001d122"),
            ]),
        new(
            "V2",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
            "03a107bff3",
            "aoqqpp7tzyil4hlq3umoos6atft6jvrqtosq2xy53sdgiesvgg4a",
            "0eggffvjpo8bs7bgrkceeiu0j5ju9lhgjeigqnotri3684il66s0.iroh.invalid",
            "e1a7fca94a835127885b99e2eba733d6ee5bf5dc463ed8385eb6f1dcaa1117c0f151750a10f46f5b3796a91203578f702c85c67c334b5689"
                + "a516284d499f710f",
            [
                new("T0", "endpointaab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3qaa",
                    "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b800"),
                new("T1", "endpointaab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3qaibab7qaaab2era",
                    "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b80101007f000001d122"),
                new("T2", "endpointaab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3qaqbadakqaih777qgaibeaaq3oaaaaaaaaaaaaaaaaaaag5qg",
                    "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8020100c0a80107ffff03010120010db800000000000000"
                        + "0000000001bb03"),
                new("TR", "endpointaab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3qaiadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss433sm4xq",
                    "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b801001a68747470733a2f2f72656c61792e6578616d706c"
                        + "652e6f72672f"),
                new("TR2", "endpointaab2cb576phbbpq5odorrz2lycmwpzgwgcn2kdk7dxoimzaskuy3qayaenuhi5dqom5c6l3vonstcljrfzzgk3dbpexg"
                    + "4mbonfzg62bonruw42zof4aqacqaaaaqcaiap4aaaaorei",
                    "0003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b803002368747470733a2f2f757365312d312e72656c6179"
                        + "2e6e302e69726f682e6c696e6b2e2f01000a0000010101007f000001d122"),
            ]),
        new(
            "V3",
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "d75a980182",
            "25njqamcweflpvkl73j4szahhihoc4xt3ktcgjnpaingr5yhkena",
            "qtd9g0c2m45bflabvr9sip07787e2snjraj269df08d6hto7a4d0.iroh.invalid",
            "511ca497c4d4270b098b1afd5ae4e3b951a5da2c9da6e9c0528f5761883676e7df6e4c0f0e1b5a0a4444f4298b1882dd822fb1133cbd49ab"
                + "fb996c87cd5b8506",
            [
                new("T0", "endpointadlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruaa",
                    "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a00"),
                new("T1", "endpointadlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruaibab7qaaab2era",
                    "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a0101007f000001d122"),
                new("T2", "endpointadlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruaqbadakqaih777qgaibeaaq3oaaaaaaaaaaaaaaaaaaag5qg",
                    "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a020100c0a80107ffff03010120010db800000000000000"
                        + "0000000001bb03"),
                new("TR", "endpointadlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruaiadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss433sm4xq",
                    "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a01001a68747470733a2f2f72656c61792e6578616d706c"
                        + "652e6f72672f"),
                new("TR2", "endpointadlvvgabqkyqvn6vjp7nhslea45a5yls6pnkmizfv4bbu2hxa5iruayaenuhi5dqom5c6l3vonstcljrfzzgk3dbpexg"
                    + "4mbonfzg62bonruw42zof4aqacqaaaaqcaiap4aaaaorei",
                    "00d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a03002368747470733a2f2f757365312d312e72656c6179"
                        + "2e6e302e69726f682e6c696e6b2e2f01000a0000010101007f000001d122"),
            ]),
        new(
            "V4",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "76a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f5",
            "76a1592044",
            "o2qvsiceu3spkejglpfhhjqe3efqkkor35qcxyykdgusk5ta2h2q",
            "eqgli824krifa496bf5779g4r45gaaehrtg2nooa36kiatj0q7qg.iroh.invalid",
            "e2f96241424c916e822049d12a00e6227c583596beada2c69c1e0d62e58a4e24f225bd34fbd96135bb76ebf0635f7edfd3f7777f8e30e6b7"
                + "04ea144c495f4307",
            [
                new("T0", "endpointab3kcwjaistoj5irezn4u45gatmqwbjj2hpwak7dbim2sjlwmdi7kaa",
                    "0076a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f500"),
                new("T1", "endpointab3kcwjaistoj5irezn4u45gatmqwbjj2hpwak7dbim2sjlwmdi7kaibab7qaaab2era",
                    "0076a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f50101007f000001d122"),
                new("T2", "endpointab3kcwjaistoj5irezn4u45gatmqwbjj2hpwak7dbim2sjlwmdi7kaqbadakqaih777qgaibeaaq3oaaaaaaaaaaaaaaaaaaag5qg",
                    "0076a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f5020100c0a80107ffff03010120010db800000000000000"
                        + "0000000001bb03"),
                new("TR", "endpointab3kcwjaistoj5irezn4u45gatmqwbjj2hpwak7dbim2sjlwmdi7kaiadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss433sm4xq",
                    "0076a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f501001a68747470733a2f2f72656c61792e6578616d706c"
                        + "652e6f72672f"),
                new("TR2", "endpointab3kcwjaistoj5irezn4u45gatmqwbjj2hpwak7dbim2sjlwmdi7kayaenuhi5dqom5c6l3vonstcljrfzzgk3dbpexg"
                    + "4mbonfzg62bonruw42zof4aqacqaaaaqcaiap4aaaaorei",
                    "0076a1592044a6e4f511265bca73a604d90b0529d1df602be30a19a9257660d1f503002368747470733a2f2f757365312d312e72656c6179"
                        + "2e6e302e69726f682e6c696e6b2e2f01000a0000010101007f000001d122"),
            ]),
        new(
            "V5",
            "000102030405060708090a0b0c0d0e0fdeadbeefdeadbeefdeadbeefdeadbeef",
            "98105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af986919",
            "98105e9420",
            "taif5fba5vzqme7xedi6w6tgtv5nwsytr537j536yyvotl4ynemq",
            "j085t510tlpgc4vn438umuj6jltdmiojhtrv9truoolejbsod4cg.iroh.invalid",
            "c0c65eedd6594b1cd8b49ab937fffec2410807dd1953552c53d9900e14804b25f34904e7e73d0f90bb6b3a28f6a3f1342071534be32d28f1"
                + "d8304fb0c3480e0e",
            [
                new("T0", "endpointacmbaxuuedwxgbqt64qnd232m2oxvw2lcohxp5hxp3dcv2nptbursaa",
                    "0098105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af98691900"),
                new("T1", "endpointacmbaxuuedwxgbqt64qnd232m2oxvw2lcohxp5hxp3dcv2nptbursaibab7qaaab2era",
                    "0098105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af9869190101007f000001d122"),
                new("T2", "endpointacmbaxuuedwxgbqt64qnd232m2oxvw2lcohxp5hxp3dcv2nptbursaqbadakqaih777qgaibeaaq3oaaaaaaaaaaaaaaaaaaag5qg",
                    "0098105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af986919020100c0a80107ffff03010120010db800000000000000"
                        + "0000000001bb03"),
                new("TR", "endpointacmbaxuuedwxgbqt64qnd232m2oxvw2lcohxp5hxp3dcv2nptbursaiadjuhi5dqom5c6l3smvwgc6jomv4gc3lqnrss433sm4xq",
                    "0098105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af98691901001a68747470733a2f2f72656c61792e6578616d706c"
                        + "652e6f72672f"),
                new("TR2", "endpointacmbaxuuedwxgbqt64qnd232m2oxvw2lcohxp5hxp3dcv2nptbursayaenuhi5dqom5c6l3vonstcljrfzzgk3dbpexg"
                    + "4mbonfzg62bonruw42zof4aqacqaaaaqcaiap4aaaaorei",
                    "0098105e9420ed730613f720d1eb7a669d7adb4b138f77f4f77ec62ae9af98691903002368747470733a2f2f757365312d312e72656c6179"
                        + "2e6e302e69726f682e6c696e6b2e2f01000a0000010101007f000001d122"),
            ]),
    ];

    public override string ToString() => Name;
}

/// <summary>A ticket of one of the keys, as text and as the encoded bytes.</summary>
internal sealed record TicketVector(string Name, string Text, string Bytes)
{
    /// <summary>Returns the address in the ticket, which is the same for all keys.</summary>
    public EndpointAddr AddressOf(EndpointId id) => Name switch
    {
        "T0" => new EndpointAddr(id),
        "T1" => new EndpointAddr(id, IPEndPoint.Parse("127.0.0.1:4433")),
        "T2" => new EndpointAddr(id, IPEndPoint.Parse("192.168.1.7:65535"), IPEndPoint.Parse("[2001:db8::1]:443")),
        "TR" => new EndpointAddr(id, [], [new Uri("https://relay.example.org")]),
        "TR2" => new EndpointAddr(
            id, [IPEndPoint.Parse("10.0.0.1:1"), IPEndPoint.Parse("127.0.0.1:4433")], [new Uri("https://use1-1.relay.n0.iroh.link./")]),
        _ => throw new InvalidOperationException(Name),
    };
}
