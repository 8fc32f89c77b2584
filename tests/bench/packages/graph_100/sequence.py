"""A graph of a hundred steps that do nothing - ten layers of ten."""

from station.sdk import sequence, step


@sequence("graph_100")
class Graph100:
    """A graph of a hundred steps that do nothing - ten layers of ten."""

    @step(order=1, needs=[], uses=[])
    async def s001(self) -> None:
        return None

    @step(order=2, needs=[], uses=[])
    async def s002(self) -> None:
        return None

    @step(order=3, needs=[], uses=[])
    async def s003(self) -> None:
        return None

    @step(order=4, needs=[], uses=[])
    async def s004(self) -> None:
        return None

    @step(order=5, needs=[], uses=[])
    async def s005(self) -> None:
        return None

    @step(order=6, needs=[], uses=[])
    async def s006(self) -> None:
        return None

    @step(order=7, needs=[], uses=[])
    async def s007(self) -> None:
        return None

    @step(order=8, needs=[], uses=[])
    async def s008(self) -> None:
        return None

    @step(order=9, needs=[], uses=[])
    async def s009(self) -> None:
        return None

    @step(order=10, needs=[], uses=[])
    async def s010(self) -> None:
        return None

    @step(order=11, needs=["s001", "s002"], uses=[])
    async def s011(self) -> None:
        return None

    @step(order=12, needs=["s002", "s003"], uses=[])
    async def s012(self) -> None:
        return None

    @step(order=13, needs=["s003", "s004"], uses=[])
    async def s013(self) -> None:
        return None

    @step(order=14, needs=["s004", "s005"], uses=[])
    async def s014(self) -> None:
        return None

    @step(order=15, needs=["s005", "s006"], uses=[])
    async def s015(self) -> None:
        return None

    @step(order=16, needs=["s006", "s007"], uses=[])
    async def s016(self) -> None:
        return None

    @step(order=17, needs=["s007", "s008"], uses=[])
    async def s017(self) -> None:
        return None

    @step(order=18, needs=["s008", "s009"], uses=[])
    async def s018(self) -> None:
        return None

    @step(order=19, needs=["s009", "s010"], uses=[])
    async def s019(self) -> None:
        return None

    @step(order=20, needs=["s010", "s001"], uses=[])
    async def s020(self) -> None:
        return None

    @step(order=21, needs=["s011", "s012"], uses=[])
    async def s021(self) -> None:
        return None

    @step(order=22, needs=["s012", "s013"], uses=[])
    async def s022(self) -> None:
        return None

    @step(order=23, needs=["s013", "s014"], uses=[])
    async def s023(self) -> None:
        return None

    @step(order=24, needs=["s014", "s015"], uses=[])
    async def s024(self) -> None:
        return None

    @step(order=25, needs=["s015", "s016"], uses=[])
    async def s025(self) -> None:
        return None

    @step(order=26, needs=["s016", "s017"], uses=[])
    async def s026(self) -> None:
        return None

    @step(order=27, needs=["s017", "s018"], uses=[])
    async def s027(self) -> None:
        return None

    @step(order=28, needs=["s018", "s019"], uses=[])
    async def s028(self) -> None:
        return None

    @step(order=29, needs=["s019", "s020"], uses=[])
    async def s029(self) -> None:
        return None

    @step(order=30, needs=["s020", "s011"], uses=[])
    async def s030(self) -> None:
        return None

    @step(order=31, needs=["s021", "s022"], uses=[])
    async def s031(self) -> None:
        return None

    @step(order=32, needs=["s022", "s023"], uses=[])
    async def s032(self) -> None:
        return None

    @step(order=33, needs=["s023", "s024"], uses=[])
    async def s033(self) -> None:
        return None

    @step(order=34, needs=["s024", "s025"], uses=[])
    async def s034(self) -> None:
        return None

    @step(order=35, needs=["s025", "s026"], uses=[])
    async def s035(self) -> None:
        return None

    @step(order=36, needs=["s026", "s027"], uses=[])
    async def s036(self) -> None:
        return None

    @step(order=37, needs=["s027", "s028"], uses=[])
    async def s037(self) -> None:
        return None

    @step(order=38, needs=["s028", "s029"], uses=[])
    async def s038(self) -> None:
        return None

    @step(order=39, needs=["s029", "s030"], uses=[])
    async def s039(self) -> None:
        return None

    @step(order=40, needs=["s030", "s021"], uses=[])
    async def s040(self) -> None:
        return None

    @step(order=41, needs=["s031", "s032"], uses=[])
    async def s041(self) -> None:
        return None

    @step(order=42, needs=["s032", "s033"], uses=[])
    async def s042(self) -> None:
        return None

    @step(order=43, needs=["s033", "s034"], uses=[])
    async def s043(self) -> None:
        return None

    @step(order=44, needs=["s034", "s035"], uses=[])
    async def s044(self) -> None:
        return None

    @step(order=45, needs=["s035", "s036"], uses=[])
    async def s045(self) -> None:
        return None

    @step(order=46, needs=["s036", "s037"], uses=[])
    async def s046(self) -> None:
        return None

    @step(order=47, needs=["s037", "s038"], uses=[])
    async def s047(self) -> None:
        return None

    @step(order=48, needs=["s038", "s039"], uses=[])
    async def s048(self) -> None:
        return None

    @step(order=49, needs=["s039", "s040"], uses=[])
    async def s049(self) -> None:
        return None

    @step(order=50, needs=["s040", "s031"], uses=[])
    async def s050(self) -> None:
        return None

    @step(order=51, needs=["s041", "s042"], uses=[])
    async def s051(self) -> None:
        return None

    @step(order=52, needs=["s042", "s043"], uses=[])
    async def s052(self) -> None:
        return None

    @step(order=53, needs=["s043", "s044"], uses=[])
    async def s053(self) -> None:
        return None

    @step(order=54, needs=["s044", "s045"], uses=[])
    async def s054(self) -> None:
        return None

    @step(order=55, needs=["s045", "s046"], uses=[])
    async def s055(self) -> None:
        return None

    @step(order=56, needs=["s046", "s047"], uses=[])
    async def s056(self) -> None:
        return None

    @step(order=57, needs=["s047", "s048"], uses=[])
    async def s057(self) -> None:
        return None

    @step(order=58, needs=["s048", "s049"], uses=[])
    async def s058(self) -> None:
        return None

    @step(order=59, needs=["s049", "s050"], uses=[])
    async def s059(self) -> None:
        return None

    @step(order=60, needs=["s050", "s041"], uses=[])
    async def s060(self) -> None:
        return None

    @step(order=61, needs=["s051", "s052"], uses=[])
    async def s061(self) -> None:
        return None

    @step(order=62, needs=["s052", "s053"], uses=[])
    async def s062(self) -> None:
        return None

    @step(order=63, needs=["s053", "s054"], uses=[])
    async def s063(self) -> None:
        return None

    @step(order=64, needs=["s054", "s055"], uses=[])
    async def s064(self) -> None:
        return None

    @step(order=65, needs=["s055", "s056"], uses=[])
    async def s065(self) -> None:
        return None

    @step(order=66, needs=["s056", "s057"], uses=[])
    async def s066(self) -> None:
        return None

    @step(order=67, needs=["s057", "s058"], uses=[])
    async def s067(self) -> None:
        return None

    @step(order=68, needs=["s058", "s059"], uses=[])
    async def s068(self) -> None:
        return None

    @step(order=69, needs=["s059", "s060"], uses=[])
    async def s069(self) -> None:
        return None

    @step(order=70, needs=["s060", "s051"], uses=[])
    async def s070(self) -> None:
        return None

    @step(order=71, needs=["s061", "s062"], uses=[])
    async def s071(self) -> None:
        return None

    @step(order=72, needs=["s062", "s063"], uses=[])
    async def s072(self) -> None:
        return None

    @step(order=73, needs=["s063", "s064"], uses=[])
    async def s073(self) -> None:
        return None

    @step(order=74, needs=["s064", "s065"], uses=[])
    async def s074(self) -> None:
        return None

    @step(order=75, needs=["s065", "s066"], uses=[])
    async def s075(self) -> None:
        return None

    @step(order=76, needs=["s066", "s067"], uses=[])
    async def s076(self) -> None:
        return None

    @step(order=77, needs=["s067", "s068"], uses=[])
    async def s077(self) -> None:
        return None

    @step(order=78, needs=["s068", "s069"], uses=[])
    async def s078(self) -> None:
        return None

    @step(order=79, needs=["s069", "s070"], uses=[])
    async def s079(self) -> None:
        return None

    @step(order=80, needs=["s070", "s061"], uses=[])
    async def s080(self) -> None:
        return None

    @step(order=81, needs=["s071", "s072"], uses=[])
    async def s081(self) -> None:
        return None

    @step(order=82, needs=["s072", "s073"], uses=[])
    async def s082(self) -> None:
        return None

    @step(order=83, needs=["s073", "s074"], uses=[])
    async def s083(self) -> None:
        return None

    @step(order=84, needs=["s074", "s075"], uses=[])
    async def s084(self) -> None:
        return None

    @step(order=85, needs=["s075", "s076"], uses=[])
    async def s085(self) -> None:
        return None

    @step(order=86, needs=["s076", "s077"], uses=[])
    async def s086(self) -> None:
        return None

    @step(order=87, needs=["s077", "s078"], uses=[])
    async def s087(self) -> None:
        return None

    @step(order=88, needs=["s078", "s079"], uses=[])
    async def s088(self) -> None:
        return None

    @step(order=89, needs=["s079", "s080"], uses=[])
    async def s089(self) -> None:
        return None

    @step(order=90, needs=["s080", "s071"], uses=[])
    async def s090(self) -> None:
        return None

    @step(order=91, needs=["s081", "s082"], uses=[])
    async def s091(self) -> None:
        return None

    @step(order=92, needs=["s082", "s083"], uses=[])
    async def s092(self) -> None:
        return None

    @step(order=93, needs=["s083", "s084"], uses=[])
    async def s093(self) -> None:
        return None

    @step(order=94, needs=["s084", "s085"], uses=[])
    async def s094(self) -> None:
        return None

    @step(order=95, needs=["s085", "s086"], uses=[])
    async def s095(self) -> None:
        return None

    @step(order=96, needs=["s086", "s087"], uses=[])
    async def s096(self) -> None:
        return None

    @step(order=97, needs=["s087", "s088"], uses=[])
    async def s097(self) -> None:
        return None

    @step(order=98, needs=["s088", "s089"], uses=[])
    async def s098(self) -> None:
        return None

    @step(order=99, needs=["s089", "s090"], uses=[])
    async def s099(self) -> None:
        return None

    @step(order=100, needs=["s090", "s081"], uses=[])
    async def s100(self) -> None:
        return None
